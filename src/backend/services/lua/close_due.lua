#!lua flags=allow-oom
-- Only what is in batches already is moved: so this may run when the memory is full.
-- include batches.lua

local due = redis.call('ZRANGEBYSCORE', deadlines, '-inf', now)
-- None is due later than a whole window from now, unless the server's clock was put back.
for _, camera in ipairs(redis.call('ZRANGEBYSCORE', deadlines, '(' .. plus(now, window), '+inf')) do
    table.insert(due, camera)
end
local asking = ask_for_keys_of(due)
if asking then return asking end

local answer = {}
for _, camera in ipairs(due) do
    -- A camera whose keys somebody has spoilt must not keep the others from being closed.
    local done, batch = pcall(close, camera)
    local failed = not done and {'', camera, 'failed', tostring(batch.err or batch)}
    table.insert(answer, failed or batch)
end
return answer
