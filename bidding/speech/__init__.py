"""The hall's voice: what was already announced, spoken; by whatever speech engine the installation has."""
