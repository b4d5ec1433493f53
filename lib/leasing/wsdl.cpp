#include "leasing/wsdl.hpp"

#include <array>
#include <cstddef>
#include <pugixml.hpp>
#include <span>
#include <sstream>
#include <utility>

#include "leasing/soap_operations.hpp"

namespace ipop::leasing {

std::string wsdl(std::string_view url) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  pugi::xml_node root = document.append_child("definitions");
  const auto set = [](pugi::xml_node node, const char* name, std::string_view value) {
    node.append_attribute(name) = std::string(value).c_str();
    return node;
  };
  set(root, "name", "LeaseServer");
  set(root, "targetNamespace", service_space);
  set(root, "xmlns", "http://schemas.xmlsoap.org/wsdl/");
  set(root, "xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/");
  set(root, "xmlns:xsd", "http://www.w3.org/2001/XMLSchema");
  set(root, "xmlns:tns", service_space);
  pugi::xml_node schema = root.append_child("types").append_child("xsd:schema");
  set(schema, "targetNamespace", service_space);
  set(schema, "elementFormDefault", "qualified");
  using Field = std::pair<std::string_view, std::string_view>;
  const auto add_message = [&](std::string_view name, std::span<const Field> fields, std::size_t required) {
    pugi::xml_node sequence =
        set(schema.append_child("xsd:element"), "name", name).append_child("xsd:complexType").append_child("xsd:all");
    for (std::size_t i = 0; i < fields.size(); ++i) {
      pugi::xml_node field = set(sequence.append_child("xsd:element"), "name", fields[i].first);
      set(field, "type", fields[i].second);
      if (i >= required) set(field, "minOccurs", "0");
    }
    pugi::xml_node message = set(root.append_child("message"), "name", name);
    pugi::xml_node part = set(message.append_child("part"), "name", "parameters");
    set(part, "element", "tns:" + std::string(name));
  };
  constexpr std::array<Field, 8> asked{{{"Group", "xsd:string"},
                                        {"Node", "xsd:string"},
                                        {"Sequence", "xsd:unsignedLong"},
                                        {"Address", "xsd:string"},
                                        {"HostName", "xsd:string"},
                                        {"Key", "xsd:base64Binary"},
                                        {"Certificate", "xsd:base64Binary"},
                                        {"Signature", "xsd:base64Binary"}}};
  constexpr std::array<Field, 7> answered{{{"Address", "xsd:string"},
                                           {"Mask", "xsd:string"},
                                           {"LeaseSeconds", "xsd:unsignedInt"},
                                           {"Expires", "xsd:long"},
                                           {"Domain", "xsd:string"},
                                           {"Mtu", "xsd:unsignedShort"},
                                           {"Grant", "xsd:base64Binary"}}};
  for (const SoapOperation& operation : soap_operations) {
    add_message(operation.request, asked, 2);
    const bool is_release = operation.action == LeaseAction::release;
    add_message(operation.response, std::span(answered).first(is_release ? 1 : answered.size()), is_release ? 1 : 6);
  }
  pugi::xml_node port_type = set(root.append_child("portType"), "name", "LeaseServerPort");
  pugi::xml_node binding = set(root.append_child("binding"), "name", "LeaseServerBinding");
  set(binding, "type", "tns:LeaseServerPort");
  pugi::xml_node style = set(binding.append_child("soap:binding"), "style", "document");
  set(style, "transport", "http://schemas.xmlsoap.org/soap/http");
  for (const SoapOperation& operation : soap_operations) {
    pugi::xml_node abstract = set(port_type.append_child("operation"), "name", operation.request);
    set(abstract.append_child("input"), "message", "tns:" + std::string(operation.request));
    set(abstract.append_child("output"), "message", "tns:" + std::string(operation.response));
    pugi::xml_node concrete = set(binding.append_child("operation"), "name", operation.request);
    set(concrete.append_child("soap:operation"), "soapAction",
        std::string(service_space) + "/" + std::string(operation.request));
    set(concrete.append_child("input").append_child("soap:body"), "use", "literal");
    set(concrete.append_child("output").append_child("soap:body"), "use", "literal");
  }
  pugi::xml_node service = set(root.append_child("service"), "name", "LeaseServer");
  pugi::xml_node port = set(service.append_child("port"), "name", "LeaseServerPort");
  set(port, "binding", "tns:LeaseServerBinding");
  set(port.append_child("soap:address"), "location", url);
  std::ostringstream out;
  document.save(out, "  ", pugi::format_default, pugi::encoding_utf8);
  return out.str();
}

}  // namespace ipop::leasing
