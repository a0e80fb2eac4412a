"""The Internet Archive: file names, S3-like writes, metadata reads."""
