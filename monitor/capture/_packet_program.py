"""Programs that walk through a packet: X is where the current header begins, A is for everything else.

The memory of the machine has four words in use, named here; all parts of a program share them.
"""

from monitor.capture.bpf import ADD, LD_MEMORY, LDX_BYTE, LDX_HALF, STORE_A, TAX, TXA, WITH_X, Assembler

OFFSET, KIND, SUM, WORK = range(4)
"""Where the header begins, while X is needed; its EtherType or flags; the hash so far; whatever lies between two lines."""
END = "end"
"""Label of the end: the hash so far is the result."""


class PacketProgram(Assembler):
    """An assembler with the steps of such a walk."""

    def byte(self, place: int) -> None:
        """Load a byte of the current header."""
        self.put(LDX_BYTE, place)

    def half(self, place: int) -> None:
        """Load two bytes of the current header."""
        self.put(LDX_HALF, place)

    def keep(self, word: int) -> None:
        """Keep A in memory."""
        self.put(STORE_A, word)

    def recall(self, word: int) -> None:
        """Load A from memory."""
        self.put(LD_MEMORY, word)

    def skip(self, size: int) -> None:
        """Move X; A is lost."""
        self.put(TXA)
        self.put(ADD, size)
        self.put(TAX)

    def skip_a(self) -> None:
        """Move X by A."""
        self.put(ADD | WITH_X)
        self.put(TAX)
