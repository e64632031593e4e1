#!lua flags=allow-oom
-- include reliable_queue.lua

local lease_ms = ARGV[2]
put_back(processing, milliseconds(), true)  -- a predecessor of this name died with it
redis.call('SET', lease, lease_ms, 'PX', lease_ms)
redis.call('ZADD', consumers, milliseconds(), consumer)
