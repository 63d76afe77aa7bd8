"""The opening record (开标记录): minutes, PDF and signatures."""
