"""Two network namespaces with a cable, who sends there, and who listens."""
