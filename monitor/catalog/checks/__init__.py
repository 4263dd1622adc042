"""One check of the catalog to a file; each declares ``CHECK``, a function of ``review.Subject``. Names are sentences."""
