-- Quarto alone runs this, before anything of its own. It escapes the text of a raw HTML table once more on its way to
-- Typst, so that `<` prints as `&lt;`, and starts a program for each; here pandoc reads the table, as the embedded
-- engine has it do.
if not FORMAT:match("typst") then return {} end
return {
  {
    RawBlock = function(raw)
      if raw.format == "html" and raw.text:match("^%s*<table") then return pandoc.read(raw.text, "html").blocks end
    end,
  },
}
