#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

// A repeated field cannot tell a list that was sent empty from one that was not sent; an update
// clears only the former. So a list that was sent empty leaves a mark on its message: an unknown
// field, which gRPC and copies carry along and no wire form of AWS shows.
namespace gantry::wire {

inline constexpr int kEmptyListMark = 100'000; // plus the number of the list's field

inline void markEmptyList(google::protobuf::Message& message, int fieldNumber)
{
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(kEmptyListMark + fieldNumber,
                                                                       1);
}

inline bool isMarkedEmpty(const google::protobuf::Message& message, int fieldNumber)
{
    const auto& unknown = message.GetReflection()->GetUnknownFields(message);
    for (int i = 0; i < unknown.field_count(); ++i) {
        if (unknown.field(i).number() == kEmptyListMark + fieldNumber)
            return true;
    }
    return false;
}

} // namespace gantry::wire
