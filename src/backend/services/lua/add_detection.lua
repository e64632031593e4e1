-- include batches.lua

local camera, batch, id, quoted_id, record = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local fast = ARGV[12] == 'fast'
local detection = detections .. id
if redis.call('EXISTS', detection) == 1 then return nil end

if fast then
    redis.call('LPUSH', queue, job(batch, camera, {quoted_id}))
    redis.call('SET', detection, record, 'EX', ttl)
    return {batch, {closed(batch, camera, 'fast path', now, {quoted_id})}}
end

local answer = {}
local deadline = redis.call('ZSCORE', deadlines, camera)
if deadline and tonumber(now) >= tonumber(deadline) then table.insert(answer, close(camera)) end

local current = batches .. camera .. ':current'
local quoted = redis.call('GET', current)
if quoted then batch = string.sub(quoted, 2, -2) end
local of_batch = batches .. batch
if not quoted then
    redis.call('SET', current, '"' .. batch .. '"', 'EX', ttl)
    redis.call('SET', of_batch .. ':camera_id', '"' .. camera .. '"', 'EX', ttl)
    redis.call('SET', of_batch .. ':started_at', now, 'EX', ttl)
end
redis.call('RPUSH', of_batch .. ':detections', quoted_id)
redis.call('SET', of_batch .. ':last_activity', now, 'EX', ttl)
for _, part in ipairs({':camera_id', ':detections', ':started_at'}) do
    redis.call('EXPIRE', of_batch .. part, ttl)
end
redis.call('EXPIRE', current, ttl)

local ends = plus(redis.call('GET', of_batch .. ':started_at'), window)
local ends_idle = plus(now, idle)
if tonumber(ends_idle) < tonumber(ends) then ends = ends_idle end
redis.call('ZADD', deadlines, ends, camera)
redis.call('SET', detection, record, 'EX', ttl)
return {batch, answer}
