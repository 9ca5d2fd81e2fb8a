"""Threads that decode wait for room, and never for themselves."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from anomalylab.images.files import Header
from anomalylab.images.room import Room, needed


def test_what_threads_take_together_fits():
    room, lock, held = Room(100), threading.Lock(), []
    highest = []

    def work(n_bytes):
        with room.taken(n_bytes):
            with lock:
                held.append(n_bytes)
                highest.append(sum(held))
            time.sleep(0.002)
            with lock:
                held.remove(n_bytes)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [30, 60, 20, 50, 40] * 8))
    assert max(highest) <= 100
    assert len(highest) == 40


def test_what_is_larger_than_the_room_passes_alone():
    room = Room(10)
    with room.taken(1000), room.taken(1000):
        pass
    order = []

    def later():
        with room.taken(1):
            order.append("the other")

    with room.taken(1000):
        waiting = threading.Thread(target=later)
        waiting.start()
        waiting.join(0.1)
        order.append("the large one")
    waiting.join()
    assert order == ["the large one", "the other"]


def test_an_image_takes_its_pixels_as_rgb_at_least():
    assert needed(Header(10, 20, "grey", 8, False, "PNG")) == 3 * 200 * 3
    assert needed(Header(10, 20, "RGB", 16, False, "TIFF")) == 3 * 200 * 6
