#!lua flags=allow-oom
-- include reliable_queue.lua

local digest, what, wait, failed_at, entry = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local item = in_hand(digest)
if not item then return 0 end
if what == 'retry' then
    redis.call('HINCRBY', attempts, digest, 1)
    redis.call('HSETNX', attempts, digest .. ':first_failed_at', failed_at)
    -- A set has no two equal members, and two equal items may have failed: so who and when first.
    local who_and_when = consumer .. ' ' .. clock[1] .. '.' .. clock[2] .. '|'
    redis.call('ZADD', retry, now + wait, who_and_when .. item)
else
    redis.call('RPUSH', dlq, entry)
    redis.call('HDEL', attempts, digest, digest .. ':first_failed_at')
end
redis.call('LPOP', processing)
return 1
