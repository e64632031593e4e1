#!lua flags=allow-oom
-- include reliable_queue.lua

local token, longest_wait = ARGV[2], tonumber(ARGV[3])

local in_hand = held(processing)
local item, written = unpack(in_hand[1] or {})
if #in_hand == 1 and written then return {item, written, 0} end  -- asked again: the same answer
if #in_hand > 1 then
    put_back(processing, milliseconds(), false)
elseif item then  -- it came while this consumer waited
    redis.call('ZADD', consumers, 'NX', 0, consumer)
    written = write(token, 1, '')
    redis.call('RPUSH', processing, written)
    return {item, written, 0}
end

-- First what is due for another try.
local member, due = unpack(redis.call('ZRANGE', retry, 0, 0, 'WITHSCORES'))
local now = member and milliseconds()
local next_retry = member and due - now or 3600000
if member and next_retry > 0 then
    -- Nothing waits for longer than the longest wait, unless the server's clock was put back.
    local last, last_due = unpack(redis.call('ZRANGE', retry, -1, -1, 'WITHSCORES'))
    member = last_due - now > longest_wait and last
end
if member then
    local its_item, _, attempt, first_failed_at = split(member)
    written = write(token, attempt + 1, first_failed_at)
    redis.call('ZADD', consumers, now, consumer)  -- first: or else nobody would look for it
    redis.call('RPUSH', processing, its_item, written)
    redis.call('ZREM', retry, member)
    return {its_item, written, 0}
end

if redis.call('EXISTS', queue) == 1 then
    redis.call('ZADD', consumers, now or milliseconds(), consumer)
    item = redis.call('LMOVE', queue, processing, 'LEFT', 'RIGHT')
    written = write(token, 1, '')
    redis.call('RPUSH', processing, written)
    return {item, written, 0}
end
-- Now it waits for an item. If it was counted as dead meanwhile, nobody would look for that.
redis.call('ZADD', consumers, 'NX', 0, consumer)
return {false, false, next_retry}
