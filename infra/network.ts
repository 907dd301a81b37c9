/**
 * Two public subnets with an internet gateway, which cost nothing, and a security group without inbound
 * rules. No NAT gateway ($33 a month), no interface endpoints, no private DNS namespace ($0.50).
 */
export function createNetwork() {
  const vpc = new aws.ec2.Vpc('Network', {
    cidrBlock: '10.20.0.0/16',
    enableDnsSupport: true,
    enableDnsHostnames: true,
  });
  const gateway = new aws.ec2.InternetGateway('NetworkGateway', { vpcId: vpc.id });
  const routes = new aws.ec2.RouteTable('NetworkRoutes', {
    vpcId: vpc.id,
    routes: [{ cidrBlock: '0.0.0.0/0', gatewayId: gateway.id }],
  });
  // Local zones and wavelength zones of the region have no Fargate.
  const zones = aws.getAvailabilityZonesOutput({
    state: 'available',
    filters: [{ name: 'zone-type', values: ['availability-zone'] }],
  }).names;
  const subnets = [0, 1].map((index) => {
    const subnet = new aws.ec2.Subnet(`NetworkSubnet${index + 1}`, {
      vpcId: vpc.id,
      cidrBlock: `10.20.${index}.0/24`,
      availabilityZone: zones.apply((names) => names[index]!),
    });
    new aws.ec2.RouteTableAssociation(`NetworkRoute${index + 1}`, {
      subnetId: subnet.id,
      routeTableId: routes.id,
    });
    return subnet.id;
  });
  const outbound = new aws.ec2.SecurityGroup('NetworkOutbound', {
    vpcId: vpc.id,
    description: 'Outbound only: the exchange, DynamoDB, CloudWatch, the image registry',
    ingress: [],
    egress: [{ protocol: 'tcp', fromPort: 443, toPort: 443, cidrBlocks: ['0.0.0.0/0'] }],
  });
  return { id: vpc.id, subnets, securityGroups: [outbound.id] };
}
