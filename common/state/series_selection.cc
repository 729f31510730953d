#include "common/state/series_selection.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/model/event_decoder.h"

namespace odometer {
namespace {

constexpr size_t kTaskAndIdBytes = 8;

// The names that a series with that qualified name can have: what follows any of its dots, the level being what comes
// before, or all of it when there is no level. Neither name nor level is ever longer than kMaxNameBytes.
std::vector<std::string> PossibleNames(const std::string& qualified_name) {
  std::vector<std::string> names;
  if (qualified_name.size() <= kMaxNameBytes) names.push_back(qualified_name);
  for (size_t dot = qualified_name.find('.'); dot <= kMaxNameBytes; dot = qualified_name.find('.', dot + 1)) {
    if (qualified_name.size() - dot - 1 <= kMaxNameBytes) names.push_back(qualified_name.substr(dot + 1));
  }
  return names;
}

// The parts of the index to look through: prefixes, ascending, none a prefix of another.
std::vector<std::string> IndexPrefixes(const SeriesSelector& selector) {
  std::vector<std::string> prefixes;
  if (!selector.name && !selector.qualified_name) {
    AppendNamePrefix(selector.org, &prefixes.emplace_back());
    return prefixes;
  }
  std::vector<std::string> names;
  if (selector.qualified_name) names = PossibleNames(*selector.qualified_name);
  if (selector.name) names = {*selector.name};
  for (const std::string& name : names) {
    std::string& prefix = prefixes.emplace_back();
    AppendNamePrefix(selector.org, name, &prefix);
    if (selector.type) ByteWriter(&prefix).U8(static_cast<uint8_t>(*selector.type));
  }
  std::sort(prefixes.begin(), prefixes.end());
  return prefixes;
}

bool HasLabels(const Series& series, const SeriesSelector& selector) {
  return std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& wanted) {
    return std::find(series.labels.begin(), series.labels.end(), wanted) != series.labels.end();
  });
}

}  // namespace

Status UndecodableValue(const std::string& family, const Status& why) {
  return Status::Stop("the store's family " + family + " holds a value that cannot be read (" + why.message() +
                      "): it was written by another version, or is damaged");
}

Status VisitSelected(const StoreView& view, const SeriesSelector& selector, const std::string& from, RowWatch* watch,
                     const std::function<bool(const NameRow&)>& visit) {
  const bool needs_series = selector.qualified_name || !selector.labels.empty();
  for (const std::string& prefix : IndexPrefixes(selector)) {
    const std::string upper = PrefixEnd(prefix);
    if (!upper.empty() && upper <= from) continue;
    auto it = view.Scan(StateLayout::kNames, std::max(prefix, from), upper);
    for (; it->Valid(); it->Next()) {
      ODOMETER_RETURN_IF_ERROR(watch->Next());
      std::string_view key = it->Key();
      if (key.size() <= kTaskAndIdBytes) return UndecodableValue("names", Status::Invalid("short key"));
      std::string_view group = key.substr(0, key.size() - kTaskAndIdBytes);
      if (selector.type && static_cast<uint8_t>(group.back()) != static_cast<uint8_t>(*selector.type)) continue;
      if (needs_series) {
        Result<Series> series = DecodeSeriesIdentity(it->Value());
        if (!series.ok()) return UndecodableValue("names", series.status());
        if (!HasLabels(*series, selector)) continue;
        if (selector.qualified_name && series->QualifiedName() != *selector.qualified_name) continue;
      }
      auto [partition, id] = ParseNameKeyEnd(key);
      if (selector.of_sources && !IsSourceTask(partition)) continue;
      if (!visit({group, partition, id, it->Value()})) return it->status();
    }
    ODOMETER_RETURN_IF_ERROR(it->status());
  }
  return Status::Ok();
}

}  // namespace odometer
