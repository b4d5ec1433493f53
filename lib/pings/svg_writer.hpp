#pragma once

#include <string>
#include <string_view>

namespace ipop::pings {

/// A length or coordinate: at most two decimals, without trailing zeros.
std::string svg_number(double value);

/// A drawing as SVG 1.1, element by element. Lengths are in user units, which are pixels at 100 %; `attributes` are
/// written as they are, all other text is foreign and escaped.
class SvgWriter {
 public:
  /// `title` is what is shown while the pointer is over the element; empty: nothing.
  void write_text(double x, double y, std::string_view attributes, std::string_view text, std::string_view title = {});
  void write_rect(double x, double y, double width, double height, std::string_view attributes,
                  std::string_view title = {});
  void write_path(std::string_view attributes, std::string_view commands);

  /// The whole document, on a white ground.
  [[nodiscard]] std::string finish(double width, double height) const;

 private:
  std::string out_;
};

}  // namespace ipop::pings
