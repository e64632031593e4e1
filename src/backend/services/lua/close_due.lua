-- include batches.lua

local answer = {}
for _, camera in ipairs(redis.call('ZRANGEBYSCORE', deadlines, '-inf', now)) do
    table.insert(answer, close(camera))
end
return answer
