#!lua flags=allow-oom
-- include reliable_queue.lua

-- Only Redis knows who the others are, so the names of their keys are made here.
local count = 0
-- Who reserved last is returned first: in the end the oldest item is in front.
for _, other in ipairs(redis.call('ZRANGE', consumers, 0, -1, 'REV')) do
    if redis.call('EXISTS', queue .. ':lease:' .. other) == 0 then
        count = count + return_all(queue .. ':processing:' .. other)
        redis.call('ZREM', consumers, other)
    end
end
return count
