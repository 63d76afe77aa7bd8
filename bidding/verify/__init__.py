"""The offline verifier (验证): checks an exported archive with nothing but the archive."""
