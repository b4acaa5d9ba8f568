"""A small carrier for tests: two regions, a branch, two hubs, people, places, lanes and shifts."""

from hub.network_file import parse_network

NETWORK_TOML = """
[[region]]
code = "south"
name = "华南"
operations_contact = "ops@south.example"
claims_contact = "claims@south.example"

[[region]]
code = "east"
name = "华东"
operations_contact = "ops@east.example"
claims_contact = "claims@east.example"

[[site]]
code = "755A"
name = "深圳一部"
kind = "branch"
region = "south"
superior = "755W"

[[site]]
code = "755W"
name = "深圳中转场"
kind = "level-2"
region = "south"
contacts = ["desk@755w.example"]

[[site]]
code = "021W"
name = "上海中转场"
kind = "level-1"
region = "east"
contacts = ["desk@021w.example"]

[[place]]
site = "755A"
id = "cage1"
kind = "cage"
keeper = "1001"
container = "C-1"

[[place]]
site = "755A"
id = "dock1"
kind = "dock"

[[lane]]
from = "755A"
to = "755W"
planned_h = 4

[[lane]]
from = "755W"
to = "021W"
planned_h = 20

[[shift]]
site = "755A"
name = "day"
from = "08:00"
to = "20:00"

[[staff]]
badge = "1001"
name = "王芳"
duty = "designated keeper"
site = "755A"

[[staff]]
badge = "1002"
name = "李强"
duty = "courier"
site = "755A"

[[staff]]
badge = "2001"
name = "陈静"
duty = "driver"
site = "755W"
"""

NETWORK = parse_network(NETWORK_TOML.encode())
