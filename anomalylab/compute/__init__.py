"""The few hot kernels: numpy at the border, torch and faiss inside."""
