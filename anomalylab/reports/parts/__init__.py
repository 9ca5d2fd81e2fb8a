"""Parts that pages of several kinds show."""
