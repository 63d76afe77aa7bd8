"""`python -m bidding` is the console command `kaibiao`."""

from bidding.cli import main

main()
