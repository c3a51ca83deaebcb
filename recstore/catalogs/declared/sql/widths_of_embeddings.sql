-- How many numbers a vector of the source has, by the space that it is for.
SELECT space, max(len(vector)) FROM $embeddings GROUP BY space;
