"""`python -m dreamcli` is the `aliendreams` command."""

from dreamcli.main import main

main(prog_name="aliendreams")
