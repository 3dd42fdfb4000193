"""Numbers on a command line that would measure nothing are refused before anything starts."""

import argparse


def at_least_one(word):
    if (number := int(word)) < 1:
        raise argparse.ArgumentTypeError(f"{word} is less than 1")
    return number


def above_zero(word):
    if not (number := float(word)) > 0:
        raise argparse.ArgumentTypeError(f"{word} is not above 0")
    return number
