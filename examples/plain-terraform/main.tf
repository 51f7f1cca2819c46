# Plain Terraform: no CDKTF, no TypeScript. `npm run build:modules` writes the modules.

terraform {
  required_version = ">= 1.9"
}

provider "aws" {
  region = "eu-west-1"
}

locals {
  zones = ["eu-west-1a"]
}

module "client" {
  source = "../../dist/terraform-modules/client-vpc"
  zones  = local.zones
}

module "inspection" {
  source = "../../dist/terraform-modules/inspection-vpc"
  zones  = local.zones
}

module "service" {
  source = "../../dist/terraform-modules/gateway-load-balancer-service"
  vpc_id = module.inspection.vpc_id
  zones  = module.inspection.zones
}

module "insertion" {
  source              = "../../dist/terraform-modules/endpoint-insertion"
  vpc_id              = module.client.vpc_id
  internet_gateway_id = module.client.internet_gateway_id
  service_name        = module.service.service_name
  zones               = module.client.zones
}

module "agent" {
  source = "../../dist/terraform-modules/agent-bundle"
}

module "appliance" {
  source           = "../../dist/terraform-modules/appliance"
  vpc_id           = module.inspection.vpc_id
  zones            = module.inspection.zones
  target_group_arn = module.service.target_group_arn
  bundle           = module.agent.bundle
  rules = [
    {
      name   = "no-telnet"
      match  = { protocol = "tcp", destination_ports = ["23", "2323"] }
      action = "drop"
    },
  ]
}

output "appliance_instance_ids" {
  description = "Appliances of each zone"
  value       = module.appliance.instance_ids
}
