#!lua flags=allow-oom
-- Only what is in batches already is moved: so this may run when the memory is full.
-- include batches.lua

local answer = {}
local function close_all(cameras)
    for _, camera in ipairs(cameras) do
        -- A camera whose keys somebody has spoilt must not keep the others from being closed.
        local done, batch = pcall(close, camera)
        local failed = not done and {'', camera, 'failed', tostring(batch.err or batch)}
        table.insert(answer, failed or batch)
    end
end
close_all(redis.call('ZRANGEBYSCORE', deadlines, '-inf', now))
-- None is due later than a whole window from now, unless the server's clock was put back.
close_all(redis.call('ZRANGEBYSCORE', deadlines, '(' .. plus(now, window), '+inf'))
return answer
