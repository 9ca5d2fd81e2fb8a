"""Files to arrays: decoding, bit depths, the explicit intensity rule, the content hash."""
