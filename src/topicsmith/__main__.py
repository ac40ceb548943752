"""``python -m topicsmith`` is the command line."""

from topicsmith.cli.main import run

if __name__ == "__main__":
    run()
