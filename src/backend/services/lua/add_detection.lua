-- include batches.lua

local camera, batch, id, quoted_id, record = ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local fast = ARGV[11] == 'fast'
local detection = need(detections .. id)
for _, kind in ipairs(KINDS) do need(batches .. batch .. kind) end
local asking = ask_for_keys_of({camera})
if asking then return asking end
if redis.call('EXISTS', detection) == 1 then return nil end

-- The record has no time to live: it is kept for as long as a job may need it. It is given one
-- when the event of its batch is published.
if fast then
    redis.call('LPUSH', queue, job(batch, camera, {quoted_id}))
    redis.call('SET', detection, record)
    return {batch, {closed(batch, camera, 'fast path', now, {quoted_id})}}
end

local answer = {}
local deadline = redis.call('ZSCORE', deadlines, camera)
if deadline and tonumber(now) >= tonumber(deadline) then table.insert(answer, close(camera)) end

local open = open_batch(camera)
batch = open or batch
local of_batch = batches .. batch
if not open then
    redis.call('SET', batches .. camera .. ':current', '"' .. batch .. '"')
    redis.call('SET', of_batch .. ':camera_id', '"' .. camera .. '"')
    redis.call('SET', of_batch .. ':started_at', now)
end
redis.call('RPUSH', of_batch .. ':detections', quoted_id)
redis.call('SET', of_batch .. ':last_activity', now)

local ends = plus(started_at(batch), window)
local ends_idle = plus(now, idle)
if tonumber(ends_idle) < tonumber(ends) then ends = ends_idle end
redis.call('ZADD', deadlines, ends, camera)
redis.call('SET', detection, record)
return {batch, answer}
