// Names of roles.
#include "engine/data/record.h"

namespace engine {

std::string_view to_string(Role role)
{
    switch (role) {
    case Role::System:
        return "system";
    case Role::User:
        return "user";
    case Role::Assistant:
        return "assistant";
    case Role::Tool:
        break;
    }
    return "tool";
}

} // namespace engine
