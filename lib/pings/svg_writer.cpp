#include "pings/svg_writer.hpp"

#include <cstddef>
#include <cstdio>

namespace ipop::pings {
namespace {

/// Foreign text as XML text or attribute value.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      // XML 1.0 has no form for other control characters, and what is not ASCII might not be UTF-8.
      default: out.push_back(c < 0x20 || c == 0x7f ? '?' : c);
    }
  }
  return out;
}

std::string title_element(std::string_view title) {
  return title.empty() ? std::string() : "<title>" + escaped(title) + "</title>";
}

}  // namespace

std::string svg_number(double value) {
  char text[48];
  const int length = std::snprintf(text, sizeof text, "%.2f", value);
  std::string out(text, static_cast<std::size_t>(length));
  while (out.back() == '0')
    out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

void SvgWriter::write_text(double x, double y, std::string_view attributes, std::string_view text,
                           std::string_view title) {
  out_ += "<text x=\"" + svg_number(x) + "\" y=\"" + svg_number(y) + "\"";
  if (!attributes.empty()) out_ += " " + std::string(attributes);
  out_ += ">" + title_element(title) + escaped(text) + "</text>\n";
}

void SvgWriter::write_rect(double x, double y, double width, double height, std::string_view attributes,
                           std::string_view title) {
  out_ += "<rect x=\"" + svg_number(x) + "\" y=\"" + svg_number(y) + "\" width=\"" + svg_number(width) +
          "\" height=\"" + svg_number(height) + "\" " + std::string(attributes);
  out_ += title.empty() ? "/>\n" : ">" + title_element(title) + "</rect>\n";
}

void SvgWriter::write_path(std::string_view attributes, std::string_view commands) {
  out_ += "<path " + std::string(attributes) + " d=\"" + std::string(commands) + "\"/>\n";
}

std::string SvgWriter::finish(double width, double height) const {
  const std::string size = svg_number(width) + "\" height=\"" + svg_number(height);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + size + "\" viewBox=\"0 0 " + svg_number(width) + " " +
         svg_number(height) +
         "\" font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\">\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
         out_ + "</svg>\n";
}

}  // namespace ipop::pings
