#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <string_view>
#include <vector>

// How SQLite's full-text index (FTS5) finds chunks that may hold a text, anywhere in a line and in
// any case. It indexes, once a chunk, every sequence of three bytes, which serves texts of words;
// and every run of four or more letters and digits that has a digit, which serves identifiers, whose
// sequences of three are in every chunk. What it finds is read and compared in full.
namespace gantry::observe::logs {

// The words of a chunk, for the index.
std::string indexWords(std::string_view messages,
                       const google::protobuf::RepeatedPtrField<std::string>& requestIds);

// The index query for chunks that may hold all the texts; empty when it cannot narrow the search
// down.
std::string indexQuery(const std::vector<std::string>& texts, std::string_view requestId);

} // namespace gantry::observe::logs
