"""`python -m handwriting_ai`: the command line."""

from handwriting_ai.cli import main

if __name__ == "__main__":
    main()
