"""Our reliable queue beside other job queues: what it costs to enqueue a job and to process it.

    make bench-rivals                                ten rounds, a thousand jobs in each step
    make bench-rivals ARGS="--rounds 5 --jobs 300"   a sixth of the time

Each library runs in a process and an environment of its own, made on first use in `build/rivals`.
All use one server, in turn; only one of them works at a time.

    __main__.py     the command: environments, server, table, JSON, charts
    rivals.toml     the libraries: their pins, licences, and what to know of each
    environments.py makes the environments
    contest.py      rounds of all steps, in an order drawn anew; the rows of the table
    contestant.py   the process of one library: does one step when told, and says what it cost
    work.py         the jobs of a step: when the first started, when the last was finished
    adapters/       how each library adds and processes jobs

What is fair: the job is the same, and does nothing; no library keeps its result. Each worker runs
with its default concurrency, and once more with one job at a time; rq and the Python BullMQ do so
by default. rq's SimpleWorker does not fork for each job, as its Worker does. Those that use
redis-py have hiredis, as we do. arq polls each millisecond, not each half second. taskiq has its
stream broker, which acknowledges; its list broker loses the job of a worker that is killed.

A step of ours is `add_to_queue`, `add_many_to_queue`, `reserve`, or `reserve_many` of a hundred.
The last stands against the others' default: it is how ours works on many jobs at once.

The costs are the time that passes, and the CPU time of the process and the server together.
Processing is measured from the start of the first job to the end of the last; the server's part
has the start and the end of the worker in it, too.
"""
