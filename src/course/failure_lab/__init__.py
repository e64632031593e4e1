"""The failure lab, lessons 06 and 07: break things on purpose, and count what is left.

    round = await failure_lab.open()
    await round.begin("pop")
    await round.add(30)
    consumer = await round.start_consumer()
    await consumer.holds_item()
    consumer.kill()
    print(await round.count())
    await failure_lab.finish()

    round.py       Round: a server, a queue, what was added, and who takes it; open, finish
    consumer.py    Consumer: a consumer to kill, to pause, and to ask how far it is
    connection.py  Proxy: a connection that is cut at the worst moment
    tally.py       Tally: where every item is

The program that a Consumer runs is `backend.examples.consumer`, its two modes and its options are
in `backend.examples.pop_or_reserve`.

The server is always a private one, also when REDIS_URL is set: nobody else's is broken here.
Consumers are processes of their own, and end with the process that started them, however that ends.
"""

from course.failure_lab.round import finish, open, somebody_waits

__all__ = ["finish", "open", "somebody_waits"]
