"""Configuration of every experiment, composed by Hydra."""
