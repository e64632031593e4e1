#!lua flags=allow-oom
-- include reliable_queue.lua

put_back(processing, milliseconds(), ARGV[2] == 'counts')
local left_ms = tonumber(ARGV[3])
if left_ms > 0 then  -- an item may come yet: it counts as dead after that, and is looked for
    redis.call('ZADD', consumers, 'NX', 0, consumer)
    redis.call('SET', lease, left_ms, 'PX', left_ms)
    return
end
redis.call('DEL', lease)
redis.call('ZREM', consumers, consumer)
if redis.call('EXISTS', consumers) == 0 then redis.call('DEL', swept) end
