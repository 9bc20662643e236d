"""`python -m cotfactory`."""

from cotfactory.cli import main

main()
