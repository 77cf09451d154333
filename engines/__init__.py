"""The engines around the database: bell, tokens, image store, key ring, one small module each."""
