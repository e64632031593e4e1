#!lua flags=allow-oom
-- include reliable_queue.lua

redis.call('SET', lease, '', 'PX', ARGV[2])
local function hand_out(item)
    local digest = redis.sha1hex(item)
    return {item, 1 + (redis.call('HGET', attempts, digest) or 0),
            redis.call('HGET', attempts, digest .. ':first_failed_at'), 0}
end

local item = redis.call('LINDEX', processing, 0)
if item then return hand_out(item) end  -- asked again: the same answer

-- Failed items whose wait is over go to the front, the one that is due longest foremost.
for _, member in ipairs(redis.call('ZRANGE', retry, now, '-inf', 'BYSCORE', 'REV')) do
    redis.call('LPUSH', queue, string.sub(member, string.find(member, '|', 1, true) + 1))
    redis.call('ZREM', retry, member)
end

if redis.call('EXISTS', queue) == 1 then
    redis.call('ZADD', consumers, now, consumer)  -- first: or else nobody would look for it
    return hand_out(redis.call('LMOVE', queue, processing, 'LEFT', 'RIGHT'))
end
local next_retry = redis.call('ZRANGE', retry, 0, 0, 'WITHSCORES')[2]
return {false, 0, false, next_retry and next_retry - now or 3600000}
