"""The run folder, and the pipeline that makes one of a folder of images."""
