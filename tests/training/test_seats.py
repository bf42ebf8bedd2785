"""Seats to train at: never more than there are, and handed on in turn."""

import threading
import time

import pytest

from playground.training.seats import Seats


def test_no_more_train_at_a_time_than_there_are_seats():
    seats, inside, most, lock = Seats(2), [0], [0], threading.Lock()

    def work():
        for _ in range(20):
            with seats.taken():
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.0005)
                with lock:
                    inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [2] and inside == [0]


def test_whoever_waits_longest_is_next():
    seats, order = Seats(1), []

    def work(name):
        for _ in range(3):
            with seats.taken():
                order.append(name)
                time.sleep(0.002)

    with seats.taken():
        threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
        for count, thread in enumerate(threads, 1):
            thread.start()
            until = time.monotonic() + 5
            while len(seats._waiting) < count and time.monotonic() < until:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list("abcabcabc")


def test_an_exception_gives_the_seat_back():
    seats = Seats(1)
    with pytest.raises(ZeroDivisionError), seats.taken():
        raise ZeroDivisionError
    with seats.taken():
        assert not seats._waiting
