#!lua flags=allow-oom
-- include reliable_queue.lua

local token, what, wait, failed_at, entry = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if not is_in_hand(token) then return 0 end
if what == 'retry' then
    local item, written = unpack(redis.call('LRANGE', processing, 0, 1))
    local _, attempt, first_failed_at = read(written)
    if first_failed_at == '' then first_failed_at = failed_at end
    local member = write(token, attempt, first_failed_at) .. item
    redis.call('ZADD', retry, milliseconds() + wait, member)
else
    redis.call('RPUSH', dlq, entry)
end
redis.call('LPOP', processing, 2)  -- the item, and its reservation
return 1
