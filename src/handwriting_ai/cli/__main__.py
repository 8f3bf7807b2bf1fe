"""`python -m handwriting_ai.cli`."""

from handwriting_ai.cli import main

if __name__ == "__main__":
    main()
