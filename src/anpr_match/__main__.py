"""`python -m anpr_match`: the same as the command `anpr-match`."""

from anpr_match.cli import main

if __name__ == "__main__":
    main()
