#!lua flags=allow-oom
-- include reliable_queue.lua

local lease_ms, is_idle = ARGV[2], ARGV[3] == 'idle'
if redis.call('PEXPIRE', lease, lease_ms) == 0 then
    redis.call('SET', lease, lease_ms, 'PX', lease_ms)
end
local now = milliseconds()
redis.call('ZADD', consumers, 'NX', now, consumer)  -- it was counted as dead, and is not
-- What came when nobody waited for it any more, since the wait was cancelled.
if is_idle and redis.call('LLEN', processing) == 1 then put_back(processing, now, false) end
return now
