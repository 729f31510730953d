#include "rules/record_reader.h"

#include <algorithm>

#include "common/model/json_record.h"
#include "common/model/raw_event.h"

namespace odometer::rules {
namespace {

namespace dom = simdjson::dom;

FieldValue ValueOf(const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::STRING: return FieldValue::OfText(element.get_string().value_unsafe());
    case dom::element_type::BOOL: return FieldValue::OfBool(element.get_bool().value_unsafe());
    case dom::element_type::NULL_VALUE: return {};
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT: return FieldValue::Container();
    default: break;
  }
  Number number;
  return ReadJsonNumber(element, &number) ? FieldValue::OfNumber(number) : FieldValue();
}

}  // namespace

// Follows the tree of pointers and the record side by side. As deep as the longest pointer.
struct RecordReader::Walk {
  RecordReader& reader;
  const std::vector<FieldTable::Node>& nodes;

  void Visit(const dom::element& element, uint32_t at) {
    const FieldTable::Node& node = nodes[at];
    if (node.field != FieldTable::Node::kNoField) reader.values_[node.field] = ValueOf(element);
    if (node.children.empty()) return;
    dom::object object;
    if (element.get(object) == simdjson::SUCCESS) return VisitObject(object, node);
    dom::array array;
    if (element.get(array) == simdjson::SUCCESS) VisitArray(array, node);
  }

  void VisitObject(const dom::object& object, const FieldTable::Node& node) {
    for (const dom::key_value_pair field : object) {
      for (uint32_t child : node.children) {
        if (nodes[child].token != field.key) continue;
        if (reader.found_in_[child] == reader.record_number_) Forget(child);
        reader.found_in_[child] = reader.record_number_;
        Visit(field.value, child);
        break;
      }
    }
  }

  void VisitArray(const dom::array& array, const FieldTable::Node& node) {
    for (uint32_t child : node.children) {
      const FieldTable::Node& wanted = nodes[child];
      if (wanted.index) {
        dom::element item;
        if (array.at(*wanted.index).get(item) == simdjson::SUCCESS) Visit(item, child);
      } else if (wanted.token == FieldTable::kLength && wanted.field != FieldTable::Node::kNoField) {
        reader.values_[wanted.field] = FieldValue::OfNumber(Number::Of(static_cast<uint64_t>(array.size())));
      }
    }
  }

  void Forget(uint32_t at) {
    if (nodes[at].field != FieldTable::Node::kNoField) reader.values_[nodes[at].field] = {};
    for (uint32_t child : nodes[at].children) Forget(child);
  }
};

RecordReader::RecordReader(const FieldTable* table)
    : table_(*table),
      parser_(std::make_unique<JsonRecordParser>(kMaxRawJsonDepth)),
      values_(table->size()),
      found_in_(table->nodes().size()) {}

RecordReader::~RecordReader() = default;

RejectReason RecordReader::Read(std::string_view record) {
  dom::element root;
  if (RejectReason bad = parser_->Parse(record, &root); bad != RejectReason::kNone) return bad;
  if (!root.is_object()) return RejectReason::kNotAnObject;
  ++record_number_;
  std::fill(values_.begin(), values_.end(), FieldValue());
  Walk{*this, table_.nodes()}.Visit(root, FieldTable::kRoot);
  return RejectReason::kNone;
}

}  // namespace odometer::rules
