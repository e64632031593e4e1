#!lua flags=allow-oom
-- include reliable_queue.lua

put_back(processing, milliseconds(), ARGV[2] == 'counts')
redis.call('DEL', lease)
redis.call('ZREM', consumers, consumer)
if redis.call('EXISTS', consumers) == 0 then redis.call('DEL', swept) end
