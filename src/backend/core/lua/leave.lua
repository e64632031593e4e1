#!lua flags=allow-oom
-- include reliable_queue.lua

return_all(processing)
redis.call('DEL', lease)
redis.call('ZREM', consumers, consumer)
