-- Where things stand in print, in both engines: the contents come before the first chapter with a number, and a table
-- with many columns goes to a page on its side at the end of its chapter, where no page is left unfilled before it.
-- What is called here is defined in typst-template.typ.

local M = {}

-- From so many columns on a table would not be legible upright.
M.WIDE = 10

local function is_wide(block)
  local wide = false
  if block.t ~= "Div" and block.t ~= "Table" then return false end
  pandoc.Blocks({ block }):walk({ Table = function(tbl) wide = wide or #tbl.colspecs >= M.WIDE end })
  return wide
end

-- The blocks of a book or of a chapter, with wide tables on pages of their own before the next chapter.
function M.turn_wide_tables(blocks)
  local out, wide = pandoc.Blocks({}), pandoc.Blocks({})
  local function close()
    if #wide == 0 then return end
    out:insert(pandoc.RawBlock("typst", "#landscape["))
    out:extend(wide)
    out:insert(pandoc.RawBlock("typst", "]"))
    wide = pandoc.Blocks({})
  end
  for _, block in ipairs(blocks) do
    if block.t == "Header" and block.level == 1 then close() end
    if is_wide(block) then wide:insert(block) else out:insert(block) end
  end
  close()
  return out
end

M.MAIN_MATTER = "#show: main-matter"

local function place_contents(blocks)
  for i, block in ipairs(blocks) do
    if block.t == "Header" and block.level == 1 and not block.classes:includes("unnumbered") then
      blocks:insert(i, pandoc.RawBlock("typst", M.MAIN_MATTER))
      return blocks
    end
  end
  blocks:insert(1, pandoc.RawBlock("typst", M.MAIN_MATTER))
  return blocks
end

if REPORT_EMBEDDED then return M end
if not FORMAT:match("typst") then return {} end
return {
  {
    Pandoc = function(doc)
      doc.blocks = place_contents(M.turn_wide_tables(doc.blocks))
      return doc
    end,
  },
}
