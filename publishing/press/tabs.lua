-- Quarto alone runs this, before anything of its own: in print it would make sections of tabs, with numbers that the
-- page has not. Here they stand one below the other, as the embedded engine has them.
if not FORMAT:match("typst") then return {} end
return {
  {
    Div = function(div)
      if not div.classes:includes("panel-tabset") then return nil end
      local level, blocks = nil, pandoc.Blocks({})
      for _, block in ipairs(div.content) do
        if block.t == "Header" and (level == nil or block.level == level) then
          level = block.level
          blocks:insert(pandoc.Para({ pandoc.Strong(block.content) }))
        else
          blocks:insert(block)
        end
      end
      return blocks
    end,
  },
}
