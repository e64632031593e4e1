-- include declared_keys.lua

local function processing_of(name) return queue .. ':processing:' .. name end
local function lease_of(name) return queue .. ':lease:' .. name end

-- Returns what to answer if keys of these consumers were not declared; else nothing.
local function ask_for_keys_of(names)
    for _, name in ipairs(names) do
        need(processing_of(name))
        need(lease_of(name))
    end
    return ask_for_keys()
end
